const LOOK_EVERY_MS = 250;

/**
 * npm starts a shell, and the shell this process. A signal to npm ends the shell alone, so that its end has to be this one's too:
 * it is taken for a SIGTERM. To be called once whoever handles that is there. `parent`: process.ppid at the start.
 */
export function endWithNpm(parent) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS);
  look.unref();
  // A signal to all of the group has come here by itself; another one would end the process at once.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => clearInterval(look));
}
