package io.millrace.log;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which log directory a folder is, as its file {@code meta.properties} says.
 *
 * @param id        stays with the directory wherever it is mounted
 * @param journalId of the journal that knows it
 * @param brokerId  of the broker whose logs it holds
 */
public record DirectoryIdentity(UUID id, UUID journalId, int brokerId) {
    public static final String FILE = "meta.properties";

    private static final String UUID_TEXT = "(\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12})";
    private static final Pattern TEXT = Pattern.compile("version=1\nbroker\\.id=([0-9]{1,9})\ndirectory\\.id=" + UUID_TEXT
        + "\njournal\\.id=" + UUID_TEXT);

    public List<String> lines() {
        return List.of("version=1", "broker.id=" + brokerId, "directory.id=" + id, "journal.id=" + journalId);
    }

    /** Empty when the lines are not those of an identity. */
    public static Optional<DirectoryIdentity> of(List<String> lines) {
        Matcher matcher = TEXT.matcher(String.join("\n", lines));
        return matcher.matches() ? Optional.of(new DirectoryIdentity(UUID.fromString(matcher.group(2)),
            UUID.fromString(matcher.group(3)), Integer.parseInt(matcher.group(1)))) : Optional.empty();
    }
}
