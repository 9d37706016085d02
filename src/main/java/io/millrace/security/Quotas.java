package io.millrace.security;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All quotas there are. Immutable. */
public final class Quotas {
    public static final Quotas NONE = new Quotas(List.of());

    private final Map<String, Quota> byPrincipal = new HashMap<>();
    private final Quota usual;

    /** @param all at most one of each principal, and one of none */
    public Quotas(Collection<Quota> all) {
        Quota others = Quota.NONE;
        for (Quota each : all) {
            if (each.principal() == null) {
                others = each;
            } else {
                byPrincipal.put(each.principal(), each);
            }
        }
        this.usual = others;
    }

    /** What holds for a caller: its own quota, and where that says nothing the one for all who have none. */
    public Quota of(Caller caller) {
        Quota own = caller.isAnonymous() ? null : byPrincipal.get(caller.principal());
        return own == null ? usual : own.or(usual);
    }
}
