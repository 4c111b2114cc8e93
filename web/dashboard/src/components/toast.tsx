import { useEffect } from 'react';
import { CloseIcon } from '../../../src/components/icons.js';

export interface ToastText {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

const STAYS_MS = 6_000;

/** How the last action went. A problem stays until it is closed. */
export function Toast({ toast, onClose }: { toast: ToastText | undefined; onClose: () => void }) {
  useEffect(() => {
    if (toast?.kind !== 'done') return;
    const timer = setTimeout(onClose, STAYS_MS);
    return () => clearTimeout(timer);
  }, [toast, onClose]);
  return (
    <div className="toasts">
      <div role="status">{toast?.kind === 'done' && <p className="toast">{toast.text}</p>}</div>
      <div role="alert">
        {toast?.kind === 'problem' && (
          <div className="toast problem">
            <p>{toast.text}</p>
            <button type="button" className="button quiet small" aria-label="Close this message" onClick={onClose}>
              <CloseIcon />
            </button>
          </div>
        )}
      </div>
    </div>
  );
}
