package io.millrace.metadata;

/**
 * Names that clients chose, as a log may show them: a character that breaks lines, moves the cursor or turns the direction of writing
 * would let a name forge what stands beside it.
 */
public final class ShownName {
    private ShownName() {
    }

    /** The name, with an escape like {@code \\u202e} for each of these characters; null as {@code null}. */
    public static String of(String name) {
        if (name == null || name.chars().noneMatch(ShownName::isUnsafe)) {
            return String.valueOf(name);
        }
        StringBuilder shown = new StringBuilder(name.length() + 16);
        name.chars().forEach(c -> {
            if (isUnsafe(c)) {
                shown.append("\\u").append(String.format("%04x", c));
            } else {
                shown.append((char) c);
            }
        });
        return shown.toString();
    }

    private static boolean isUnsafe(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
