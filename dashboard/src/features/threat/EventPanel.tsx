import { Copy } from "@/shared/ui/Copy";
import { Panel } from "@/shared/ui/Panel";
import styles from "./EventPanel.module.css";
import { flatten } from "./flatten";

/** The event as the sensor's record was understood, field by field. */
export function EventPanel({ event }: { event: Record<string, unknown> }) {
  return (
    <Panel title="Event" aside={<Copy value={JSON.stringify(event, null, 2)} what="the event as JSON" />}>
      <dl className={styles.event}>
        {flatten(event).map(([path, value]) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>
              <span>{value}</span>
              <Copy value={value} what={path} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
