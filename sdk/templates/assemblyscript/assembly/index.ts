import { config, drop, frame, json, log, reply, state } from '@framegate/sdk/assemblyscript';

export function on_request_message(): i32 {
  if (frame.isBinary()) return 0;
  const payload = frame.text();
  const content = contentOf(payload);
  const word = config.text('word', 'teapot');
  if (!content.toLowerCase().includes(word.toLowerCase())) return 0;
  const max = config.number('max', 3);
  const count = state.connection.add('count');
  if (count <= max) return 0;
  log.info(`${word}, time ${<i32>count}`);
  reply(notice(`please say "${word}" at most ${<i32>max} times`, payload));
  return drop(`said "${word}" too often`);
}

/** What a person wrote: the member `content` of a chat message, or a frame that is no JSON as a whole. */
function contentOf(payload: string): string {
  if (!json.isValid(payload)) return payload;
  const content = json.text(json.member(payload, 'content'));
  return content === null ? '' : content;
}

/** What the moderator tells the sender; with the message's own id a client knows which one it was. */
function notice(text: string, payload: string): string {
  const id = json.member(payload, 'id');
  const rest = id === null ? '' : `,"id":${id}`;
  return `{"name":"moderator","content":${json.quote(text)}${rest}}`;
}
