/** Services whose links say nothing of where they lead. */
export const SHORTENERS = (
  'bit.ly bitly.com j.mp t.co goo.gl tinyurl.com tiny.cc tiny.one ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly shorturl.at shorturl.com t.ly rb.gy ' +
  'bl.ink lnkd.in s.id qr.ae soo.gd clck.ru u.to adf.ly shorte.st ouo.io linktr.ee t2m.io short.io vk.cc surl.li urlz.fr n9.cl da.gd x.gd dub.sh'
).split(' ');
