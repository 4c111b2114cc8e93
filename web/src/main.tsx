import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { ChatClient } from './chat-client.js';

const url = new URL('/chat', location.href);
url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
url.search = '';

const container = document.getElementById('app');
if (container === null) throw new Error('index.html has no element with the id "app".');
createRoot(container).render(
  <StrictMode>
    <App client={new ChatClient({ url: url.href })} />
  </StrictMode>,
);
