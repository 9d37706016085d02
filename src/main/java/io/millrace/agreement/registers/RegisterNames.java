package io.millrace.agreement.registers;

/** What registers are called in the agreement. */
public final class RegisterNames {
    private static final String PREFIX = "register/";

    private RegisterNames() {
    }

    public static String of(String key) {
        return PREFIX + key;
    }
}
