package io.millrace.metadata.access;

import io.millrace.security.Quota;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonValue;
import java.util.List;

/** A quota is a list: the principal, or an empty text for all others, and bytes produced, bytes fetched and requests; 0: any number. */
final class QuotaRows implements Rows<Quota> {
    @Override
    public String prefix() {
        return "quotas/";
    }

    @Override
    public int registers() {
        return 8;
    }

    @Override
    public int most() {
        return 2_000;
    }

    @Override
    public String name() {
        return "quotas";
    }

    @Override
    public String spreadBy(Quota entry) {
        return entry.principal() == null ? "" : entry.principal();
    }

    @Override
    public String encode(List<Quota> sorted) {
        JsonArrayBuilder all = RowsJson.array();
        sorted.forEach(each -> all.add(RowsJson.array().add(spreadBy(each)).add(number(each.produceBytes()))
                .add(number(each.fetchBytes())).add(number(each.requests()))));
        return RowsJson.text(all);
    }

    @Override
    public List<Quota> decode(String json) {
        return RowsJson.rows(json, name(), QuotaRows::quota);
    }

    private static Quota quota(JsonValue value) {
        JsonArray row = value.asJsonArray();
        return new Quota(row.getString(0).isEmpty() ? null : row.getString(0), number(row, 1), number(row, 2), number(row, 3));
    }

    private static Long number(JsonArray row, int at) {
        long number = row.getJsonNumber(at).longValueExact();
        return number == 0 ? null : Long.valueOf(number);
    }

    private static long number(Long number) {
        return number == null ? 0 : number;
    }
}
