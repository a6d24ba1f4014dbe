import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ApiError } from "@/shared/api/problem";
import { useMe } from "@/shared/api/session";
import { LOGIN } from "@/shared/routes";
import { Failed, Loading } from "@/shared/ui/States";
import { createQueries } from "./queries";
import { LoginPage } from "./routes";
import { SignedIn } from "./SignedIn";

export function App() {
  const [queries] = useState(createQueries);
  return (
    <QueryClientProvider client={queries}>
      <Gate />
    </QueryClientProvider>
  );
}

/** Who is not signed in sees the sign-in only, and returns to where they wanted to go. */
function Gate() {
  const { me, isPending, error } = useMe();
  const [path] = useLocation();
  const search = useSearch();
  if (isPending) return <Loading what="IronCore" />;
  const nobody = error instanceof ApiError && (error.status === 401 || error.status === 403);
  if (error && !nobody) return <Failed error={error} what="IronCore" onRetry={() => location.reload()} />;
  if (me && !nobody && path !== LOGIN) return <SignedIn me={me} />;
  return (
    <Switch>
      <Route path={LOGIN}>
        <LoginPage />
      </Route>
      <Route>
        <Redirect to={`${LOGIN}?next=${encodeURIComponent(search ? `${path}?${search}` : path)}`} replace />
      </Route>
    </Switch>
  );
}
