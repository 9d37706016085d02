package io.millrace.rest.guard;

import java.security.Principal;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;

/** The groups of a caller, as far as its principal tells them: that of a token does. */
final class CallerGroups {
    private static final boolean HAS_TOKENS = hasTokens();

    private CallerGroups() {
    }

    /** Of no server without the feature mpJwt. */
    private static boolean hasTokens() {
        try {
            Class.forName("org.eclipse.microprofile.jwt.JsonWebToken", false, CallerGroups.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException without) {
            return false;
        }
    }

    static Set<String> of(Principal principal) {
        return HAS_TOKENS ? Token.groups(principal) : Set.of();
    }

    /** Loaded only where there are tokens. */
    private static final class Token {
        static Set<String> groups(Principal principal) {
            return principal instanceof JsonWebToken token && token.getGroups() != null ? token.getGroups() : Set.of();
        }
    }
}
