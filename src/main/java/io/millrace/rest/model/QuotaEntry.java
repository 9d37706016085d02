package io.millrace.rest.model;

import io.millrace.security.Quota;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * A quota; a number that is null holds nobody back.
 *
 * @param principal null: of all who have none of their own
 */
@JsonbPropertyOrder({"principal", "isDefault", "produceBytesPerSecond", "fetchBytesPerSecond", "requestsPerSecond"})
public record QuotaEntry(String principal, @JsonbProperty("default") boolean isDefault, Long produceBytesPerSecond,
                         Long fetchBytesPerSecond, Long requestsPerSecond) {
    /** All there are that were asked for. */
    public record All(List<QuotaEntry> quotas) {
        public static All of(List<Quota> all) {
            return new All(entries(all));
        }
    }

    /** Those that are new or changed. */
    public record Set(List<QuotaEntry> set) {
        public static Set of(List<Quota> all) {
            return new Set(entries(all));
        }
    }

    /** Those that there are no more. */
    public record Deleted(List<QuotaEntry> deleted) {
        public static Deleted of(List<Quota> all) {
            return new Deleted(entries(all));
        }
    }

    private static List<QuotaEntry> entries(List<Quota> all) {
        return all.stream().map(each -> new QuotaEntry(each.principal(), each.principal() == null, each.produceBytes(),
                each.fetchBytes(), each.requests())).toList();
    }
}
