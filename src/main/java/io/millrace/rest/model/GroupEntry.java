package io.millrace.rest.model;

import io.millrace.group.GroupSummary;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.Locale;

/**
 * A consumer group in a list.
 *
 * @param state   empty, reconciling or stable
 * @param members consumers that take part
 */
@JsonbPropertyOrder({"group", "state", "members"})
public record GroupEntry(String group, String state, int members) {
    public static GroupEntry of(GroupSummary group) {
        return new GroupEntry(group.group(), group.state().name().toLowerCase(Locale.ROOT), group.members());
    }
}
