import { useEffect } from "react";
import { useLocation } from "wouter";

/** Let plain links within the dashboard change the view without loading the page: rows of long lists have such ones. */
export function usePlainLinks(): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const asked_elsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
      if (event.defaultPrevented || asked_elsewhere || !(event.target instanceof Element)) return;
      const href = event.target.closest("a:not([target])")?.getAttribute("href");
      if (!href?.startsWith("/")) return;
      event.preventDefault();
      navigate(href);
    };
    document.addEventListener("click", onClick);
    return () => document.removeEventListener("click", onClick);
  }, [navigate]);
}
