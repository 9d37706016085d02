package io.millrace.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Which values a setting takes. */
public sealed interface SettingType {
    /** What is allowed, to follow "must be". */
    String allowed();

    boolean accepts(String value);

    /** @param unit for people, for example {@code bytes}; empty when there is none */
    record WholeNumber(long min, long max, String unit) implements SettingType {
        @Override
        public String allowed() {
            return "%d to %d%s".formatted(min, max, unit.isEmpty() ? "" : " " + unit);
        }

        @Override
        public boolean accepts(String value) {
            try {
                long number = Long.parseLong(value);
                return number >= min && number <= max;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        }
    }

    /** Words that are not checked here, but where they are used. */
    record Text(String allowed) implements SettingType {
        @Override
        public boolean accepts(String value) {
            return !value.isBlank();
        }
    }

    /** Words that may be left out; they are checked where they are used. */
    record Optional(String allowed) implements SettingType {
        @Override
        public boolean accepts(String value) {
            return true;
        }
    }

    /** One folder. */
    record Folder() implements SettingType {
        @Override
        public String allowed() {
            return "a folder";
        }

        @Override
        public boolean accepts(String value) {
            return !value.isBlank() && isPath(value);
        }

        private static boolean isPath(String value) {
            try {
                Path.of(value);
                return true;
            } catch (InvalidPathException notAPath) {
                return false;
            }
        }
    }

    /** One or more folders, separated by commas, none of them twice. */
    record Folders() implements SettingType {
        @Override
        public String allowed() {
            return "folders, separated by commas, each once";
        }

        @Override
        public boolean accepts(String value) {
            List<String> folders = split(value);
            return !folders.isEmpty() && folders.stream().allMatch(Folder::isPath)
                    && folders.stream().map(folder -> Path.of(folder).normalize()).distinct().count() == folders.size();
        }

        static List<String> split(String value) {
            return Arrays.stream(value.split(",")).map(String::trim).filter(folder -> !folder.isEmpty()).toList();
        }
    }

    /** A value that someone else knows how to check. */
    record Checked(String allowed, Predicate<String> check) implements SettingType {
        @Override
        public boolean accepts(String value) {
            return check.test(value);
        }
    }
}
