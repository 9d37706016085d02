package io.millrace.cluster;

/** What registers are called in the agreement. */
final class RegisterNames {
    private static final String PREFIX = "register/";

    private RegisterNames() {
    }

    static String of(String key) {
        return PREFIX + key;
    }
}
