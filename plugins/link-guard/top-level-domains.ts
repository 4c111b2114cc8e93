/** Country codes, and others under which most links stand. One string: a set of five hundred would make the module 20 KB bigger. */
const KNOWN = ` ${[
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg',
  'ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi',
  'gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky',
  'kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni',
  'nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so',
  'sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye',
  'yt za zm zw',
  'com net org edu gov mil int info biz name pro mobi asia tel jobs travel cat coop aero museum arpa',
  'app dev page web site online store shop xyz top club live life link click website space tech cloud host fun icu vip win bid loan men date',
  'racing review science party stream trade webcam download accountant cricket faith work wiki blog news today world email chat social media video',
  'games game bet casino poker sex porn xxx adult cam dating money cash finance bank credit crypto exchange market gift gifts promo sale deals',
  'support help security zip mov lol wtf ninja rocks guru expert agency digital network systems solutions services center company group gdn',
  'art design studio one zone run cyou sbs cfd rest bar buzz quest monster beauty hair skin makeup autos boats homes yachts eu onion ga',
  'рф рус укр бел қаз 中国 中國 公司 网络 網絡 网址 香港 台湾 台灣 한국 みんな भारत',
].join(' ')} `;

/** Whether links without a scheme end in it: country codes, most of the others, and whatever is written in Punycode. Lower case. */
export function isTopLevelDomain(label: string): boolean {
  return KNOWN.includes(` ${label} `) || (label.startsWith('xn--') && label.length > 4);
}
