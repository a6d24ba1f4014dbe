import { lazy, Suspense } from "react";
import { Link, Route, Switch } from "wouter";
import { LoginPage as Login } from "@/features/session/LoginPage";
import { LIVE, SUPPRESSIONS, TRIAGE } from "@/shared/routes";
import { Empty, Loading } from "@/shared/ui/States";

const LivePage = lazy(() => import("@/features/live/LivePage"));
const TriagePage = lazy(() => import("@/features/triage/TriagePage"));
const ThreatPage = lazy(() => import("@/features/threat/ThreatPage"));
const EntityPage = lazy(() => import("@/features/entity/EntityPage"));
const SuppressionsPage = lazy(() => import("@/features/suppressions/SuppressionsPage"));

export const LoginPage = Login;

/** Every view of somebody who is signed in; each is loaded when it is opened. */
export function Routes() {
  return (
    <Suspense fallback={<Loading what="the view" />}>
      <Switch>
        <Route path={LIVE} component={LivePage} />
        <Route path={TRIAGE} component={TriagePage} />
        <Route path="/threats/:id">{({ id }) => <ThreatPage key={id} id={decodeURIComponent(id)} />}</Route>
        <Route path="/entities/:key">{({ key }) => <EntityPage key={key} entity={decodeURIComponent(key)} />}</Route>
        <Route path={SUPPRESSIONS} component={SuppressionsPage} />
        <Route>
          <Empty title="There is no such page.">
            <Link href={LIVE}>Go to the live view</Link>
          </Empty>
        </Route>
      </Switch>
    </Suspense>
  );
}
