import { useCallback, useSyncExternalStore } from 'react';
import type { ChatClient } from '../chat-client.js';
import type { ChatState } from '../chat-state.js';

export function useChat(client: ChatClient): ChatState {
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client]);
  return useSyncExternalStore(subscribe, () => client.state);
}
