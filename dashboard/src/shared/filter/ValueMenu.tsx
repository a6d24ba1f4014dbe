import { useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import { useState } from "react";
import { Link } from "wouter";
import { entityPath } from "@/shared/routes";
import { LIST_FIELDS, exclude, include, type ListField, type ThreatFilter } from "./filter";
import styles from "./ValueMenu.module.css";
import { fieldWords, valueWords } from "./words";

interface Picked {
  field: ListField;
  value: string;
  anchor: HTMLElement;
}

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
  className?: string | undefined;
  children: ReactNode;
}

/**
 * Makes every `ValueButton` within it open a menu: show only this, hide this, copy, open the entity. One menu serves
 * all rows, so that a row is nothing but text and buttons.
 */
export function ValueMenu({ filter, onChange, className, children }: Props) {
  const [picked, setPicked] = useState<Picked>();
  const onClick = (event: MouseEvent) => {
    const anchor = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-field]") : null;
    const field = LIST_FIELDS.find((name) => name === anchor?.dataset.field);
    const value = anchor?.dataset.value;
    if (anchor && field && value !== undefined) setPicked({ field, value, anchor });
  };
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- the buttons within are what is pressed
    <div className={className} onClick={onClick}>
      {children}
      {picked && <Menu picked={picked} filter={filter} onChange={onChange} onClose={() => setPicked(undefined)} />}
    </div>
  );
}

interface MenuProps {
  picked: Picked;
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
  onClose: () => void;
}

function Menu({ picked, filter, onChange, onClose }: MenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const { field, value, anchor } = picked;
  useEffect(() => {
    const element = menu.current;
    if (!element) return;
    element.showPopover();
    place(element, anchor);
    element.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [anchor]);
  const act = (run: () => void) => () => {
    run();
    menu.current?.hidePopover();
    anchor.focus();
  };
  const name = `${fieldWords(field)} ${valueWords(field, value)}`;
  return (
    <div
      ref={menu}
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={name}
      className={styles.menu}
      onToggle={(event) => {
        if (event.newState === "closed") onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
          event.preventDefault();
          moveFocus(event.currentTarget, event.key === "ArrowDown" ? 1 : -1);
        }
        event.stopPropagation();
      }}
    >
      <p className={styles.name}>{name}</p>
      <button type="button" role="menuitem" onClick={act(() => onChange(include(filter, field, value)))}>
        Show only this
      </button>
      <button type="button" role="menuitem" onClick={act(() => onChange(exclude(filter, field, value)))}>
        Hide this
      </button>
      <button type="button" role="menuitem" onClick={act(() => void navigator.clipboard.writeText(value))}>
        Copy
      </button>
      {(field === "entity" || field === "src_ip" || field === "dst_ip") && (
        <Link href={entityPath(value)} role="menuitem">
          Open the entity
        </Link>
      )}
    </div>
  );
}

function moveFocus(menu: HTMLElement, step: number): void {
  const items = [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const at = items.findIndex((item) => item === document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}

/** Under the value, or above it where there is no room. */
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const from = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = from.bottom + 4 + height <= window.innerHeight;
  menu.style.left = `${Math.max(8, Math.min(from.left, window.innerWidth - width - 8))}px`;
  menu.style.top = `${below ? from.bottom + 4 : Math.max(8, from.top - height - 4)}px`;
}
