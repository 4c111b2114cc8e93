import type { ReactNode } from 'react';

/** Line icons in the colour of the text; always beside words, so hidden from assistive technology. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const PeopleIcon = () => (
  <Icon>
    <circle cx="7.5" cy="7" r="3" />
    <path d="M2 16.500c.6-3 2.7-4.5 5.5-4.500s4.9 1.5 5.5 4.500M13 4.300a3 3 0 0 1 0 5.400M15 12.400c1.6.7 2.6 2 3 4.1" />
  </Icon>
);

export const LeaveIcon = () => (
  <Icon>
    <path d="M11.5 3H5a1.5 1.5 0 0 0-1.5 1.500v11A1.5 1.5 0 0 0 5 17h6.500M8.5 10h8m-3-3 3 3-3 3" />
  </Icon>
);

export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.500M5 9.500l5-5 5 5" />
  </Icon>
);

export const ShieldIcon = () => (
  <Icon>
    <path d="M10 2.5 4 4.700v4.600c0 3.8 2.5 6.7 6 8.2 3.5-1.5 6-4.4 6-8.200V4.700zM10 6.800v3.700M10 13.200v.1" />
  </Icon>
);

export const ClockIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <path d="M10 6.500V10l2.3 1.6" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m4.5 10.5 3.7 3.7 7.3-8" />
  </Icon>
);

export const AlertIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 6.300v4.200M10 13.300v.1" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M10 4v11.500M5 10.500l5 5 5-5" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9M14.5 5.500l-9 9" />
  </Icon>
);

export const EditIcon = () => (
  <Icon>
    <path d="m12.8 4.2 3 3L7.3 15.700l-3.8.8.8-3.800z" />
  </Icon>
);
