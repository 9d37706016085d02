package io.millrace.metadata.config;

import java.util.List;
import java.util.regex.Pattern;

/** Which values a topic configuration key takes. */
sealed interface ConfigType {
    /** Says what is allowed, to follow "must be". */
    String allowed();

    boolean accepts(String value);

    /** One of a few words, in this spelling. */
    record OneOf(List<String> words) implements ConfigType {
        @Override
        public String allowed() {
            return words.size() == 1 ? words.get(0) : "one of " + String.join(", ", words);
        }

        @Override
        public boolean accepts(String value) {
            return words.contains(value);
        }
    }

    /**
     * A whole number.
     *
     * @param orUnlimited whether -1, no limit, is allowed too
     */
    record WholeNumber(long min, long max, boolean orUnlimited) implements ConfigType {
        @Override
        public String allowed() {
            return "a whole number from " + min + " to " + max + (orUnlimited ? ", or -1 for no limit" : "");
        }

        @Override
        public boolean accepts(String value) {
            try {
                long number = Long.parseLong(value);
                return number >= min && number <= max || orUnlimited && number == -1;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        }
    }

    /** The name of something that is looked up elsewhere. */
    record Name(int maxLength) implements ConfigType {
        @Override
        public String allowed() {
            return "a name of 1 to " + maxLength + " characters";
        }

        @Override
        public boolean accepts(String value) {
            return !value.isBlank() && value.length() <= maxLength;
        }
    }

    /** A part of a whole. */
    record Share() implements ConfigType {
        private static final Pattern DECIMAL = Pattern.compile("[0-9]+(\\.[0-9]{1,9})?");

        @Override
        public String allowed() {
            return "a number from 0 to 1";
        }

        @Override
        public boolean accepts(String value) {
            return DECIMAL.matcher(value).matches() && Double.parseDouble(value) <= 1;
        }
    }

    static ConfigType oneOf(String... words) {
        return new OneOf(List.of(words));
    }

    static ConfigType wholeNumber(long min, long max) {
        return new WholeNumber(min, max, false);
    }

    static ConfigType limit(long min) {
        return new WholeNumber(min, Long.MAX_VALUE, true);
    }
}
