/** `performance` in milliseconds since it was first used in this instance: a start taken while the plugin was built would be frozen. */
export function createPerformance(): { api: { readonly timeOrigin: number; now(): number }; reset: () => void } {
  let origin: number | undefined;
  const start = (): number => {
    origin ??= Date.now();
    return origin;
  };
  return {
    api: {
      get timeOrigin() {
        return start();
      },
      now: () => {
        const from = start();
        return Date.now() - from;
      },
    },
    reset: () => {
      origin = undefined;
    },
  };
}
