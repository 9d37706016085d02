package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Permissions and quotas are set and read, whether callers are held to them or not. */
@ExtendWith(RunningServer.class)
class PermissionsIT {
    private final HttpApi api = new HttpApi();
    private final String principal = "principal-" + System.nanoTime();

    @Test
    void whatIsAddedIsListedOnceAndDeletedByWhatItIs() {
        String body = """
                {"permissions":[{"principal":"%s","operations":["READ","WRITE"],"resource_type":"topic","pattern_type":"prefix",
                "resource_name":"a."}]}""".formatted(principal);

        assertThat(api.post("/admin/permissions", "application/json", body).is(200).object().getJsonArray("added")).hasSize(2);
        assertThat(api.post("/admin/permissions", "application/json", body).is(200).object().getJsonArray("added")).isEmpty();
        assertThat(api.get("/admin/permissions?operation=READ&principal=" + principal).is(200).body()).isEqualTo(("{\"permissions\":"
                + "[{\"principal\":\"%s\",\"group\":null,\"everyone\":false,\"operation\":\"READ\",\"resource_type\":\"topic\","
                + "\"pattern_type\":\"prefix\",\"resource_name\":\"a.\",\"effect\":\"allow\"}]}").formatted(principal));
        assertThat(api.delete("/admin/permissions?principal=" + principal).is(200).object().getJsonArray("deleted")).hasSize(2);
        assertThat(api.get("/admin/permissions?principal=" + principal).is(200).object().getJsonArray("permissions")).isEmpty();
    }

    @Test
    void nothingIsDeletedByAnEmptyQuery() {
        api.delete("/admin/permissions").isError(400);
        api.delete("/admin/quotas").isError(400);
    }

    @Test
    void aQuotaIsSetReadAndDeleted() {
        String body = "{\"quotas\":[{\"principal\":\"%s\",\"requests_per_second\":5}]}".formatted(principal);

        assertThat(api.post("/admin/quotas", "application/json", body).is(200).object().getJsonArray("set")).hasSize(1);
        assertThat(api.get("/admin/quotas?principal=" + principal).is(200).body()).isEqualTo(("{\"quotas\":[{\"principal\":\"%s\","
                + "\"default\":false,\"produce_bytes_per_second\":null,\"fetch_bytes_per_second\":null,\"requests_per_second\":5}]}")
                .formatted(principal));
        assertThat(api.delete("/admin/quotas?principal=" + principal).is(200).object().getJsonArray("deleted")).hasSize(1);
    }
}
