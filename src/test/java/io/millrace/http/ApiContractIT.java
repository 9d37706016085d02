package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.http.ApiContract.Operation;
import io.millrace.http.SchemaViolations.Violation;
import io.millrace.process.RunningServer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** The server does as the description says that it gives of its API. Other tests hold whatever they are answered against it, too. */
@ExtendWith(RunningServer.class)
class ApiContractIT {
    private final HttpApi api = new HttpApi();
    private final ApiContract contract = ApiContract.of(api.base());

    @Test
    void everyExampleIsAsItsSchemaSays() {
        SoftAssertions all = new SoftAssertions();
        int examples = contract.examples((where, errors) -> all.assertThat(errors).as(where).isEmpty());
        assertThat(examples).isGreaterThan(70);
        all.assertAll();
    }

    @Test
    void everyBodyThatIsNotAsDescribedIsRefused() {
        Map<String, String> names = new HashMap<>();
        names.put("topic", api.newTopic(1));
        names.put("partition", "0");
        names.put("groupid", "contract-" + UUID.randomUUID());
        names.put("group", names.get("groupid"));
        names.put("name", "c");
        names.put("id", "contract-" + UUID.randomUUID());
        api.post("/consumers/" + names.get("groupid"), HttpApi.DIALECT, "{\"name\":\"c\"}").is(200);
        api.post("/transactions", HttpApi.DIALECT, "{\"transactional_id\":\"" + names.get("id") + "\"}").is(201);

        SoftAssertions all = new SoftAssertions();
        int sent = 0;
        for (Operation operation : contract.operations()) {
            for (Map.Entry<String, JsonNode> content : contract.requestContent(operation).entrySet()) {
                JsonNode example = content.getValue().path("example");
                assertThat(example.isMissingNode()).as("%s has no example as %s", operation, content.getKey()).isFalse();
                for (Violation violation : SchemaViolations.of(content.getValue().get("schema"), example, contract::resolved)) {
                    byte[] body = violation.body().toString().getBytes(StandardCharsets.UTF_8);
                    all.check(() -> {
                        HttpApi.Answer answer = api.send(operation.method(), operation.path(names), content.getKey(), body);
                        assertThat(answer.status()).as("%s where %s: %s, answered with %s", operation, violation.what(),
                                violation.body(), answer.body()).isIn(400, 413, 422);
                    });
                    sent++;
                }
            }
        }
        assertThat(sent).isGreaterThan(500);
        all.assertAll();
        api.delete("/consumers/" + names.get("groupid") + "/instances/c").is(204);
        api.assertServing();
    }
}
