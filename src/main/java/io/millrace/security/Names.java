package io.millrace.security;

/** What names in permissions and quotas may be. */
final class Names {
    /** In characters: of topics, groups and transactional ids as well. */
    private static final int MAX_LENGTH = 256;

    private Names() {
    }

    /** @throws IllegalArgumentException the message says what is wrong */
    static void check(String what, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(what + " has no name");
        } else if (name.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(what + " has a name of " + name.length() + " characters; at most " + MAX_LENGTH
                    + " are possible");
        } else if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(what + " has control characters in its name");
        }
    }
}
