package io.millrace.metadata.access;

import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.ResourcePattern;
import io.millrace.security.ResourceType;
import io.millrace.security.Subject;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonValue;
import java.util.List;

/** A permission is a list of texts: resource type, pattern, name, subject, its name, operation, effect. */
final class PermissionRows implements Rows<Permission> {
    @Override
    public String prefix() {
        return "permissions/";
    }

    @Override
    public int registers() {
        return 64;
    }

    @Override
    public int most() {
        return 10_000;
    }

    @Override
    public String name() {
        return "permissions";
    }

    @Override
    public String spreadBy(Permission entry) {
        return entry.resources().name() + "\n" + entry.subject().name() + "\n" + entry.operation();
    }

    @Override
    public String encode(List<Permission> sorted) {
        JsonArrayBuilder all = RowsJson.array();
        for (Permission each : sorted) {
            all.add(RowsJson.array().add(each.resources().type().name()).add(each.resources().kind().name())
                    .add(each.resources().name()).add(each.subject().kind().name()).add(each.subject().name())
                    .add(each.operation().name()).add(each.effect().name()));
        }
        return RowsJson.text(all);
    }

    @Override
    public List<Permission> decode(String json) {
        return RowsJson.rows(json, name(), PermissionRows::permission);
    }

    private static Permission permission(JsonValue row) {
        JsonArray texts = row.asJsonArray();
        return new Permission(new Subject(Subject.Kind.valueOf(texts.getString(3)), texts.getString(4)),
                Operation.valueOf(texts.getString(5)), new ResourcePattern(ResourceType.valueOf(texts.getString(0)),
                        ResourcePattern.Kind.valueOf(texts.getString(1)), texts.getString(2)),
                Permission.Effect.valueOf(texts.getString(6)));
    }
}
