import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Api } from './api.js';
import { App } from './app.js';

const container = document.getElementById('app');
if (container === null) throw new Error('index.html has no element with the id "app".');
createRoot(container).render(
  <StrictMode>
    <App api={new Api()} />
  </StrictMode>,
);
