package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HEAD and OPTIONS do nothing. */
@ExtendWith(RunningServer.class)
class SafeMethodsIT {
    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);
    private final String group = "/consumers/safe-" + topic;
    private final String consumer = group + "/instances/c";

    @ParameterizedTest
    @ValueSource(strings = {"HEAD", "OPTIONS"})
    void noRecordsAreLostByAskingForNone(String method) {
        api.post(group, HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"json\",\"auto.offset.reset\":\"earliest\"}").is(200);
        api.post(consumer + "/assignments", HttpApi.DIALECT, "{\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0}]}")
                .is(204);
        api.produce(topic, "1");
        api.produce(topic, "2");

        for (int i = 0; i < 3; i++) {
            HttpApi.Answer answer = ask(method, consumer + "/records?timeout=1000");
            assertThat(answer.status()).isEqualTo(method.equals("HEAD") ? 405 : 204);
            assertThat(answer.header("Allow")).isEqualTo("GET, OPTIONS");
            assertThat(answer.header("Millrace-Poll")).isNull();
        }

        assertThat(api.get(consumer + "/records?timeout=10000").is(200).array()).hasSize(2);
        api.delete(consumer).is(204);
    }

    @Test
    void aHeadThatComesWhileAPollWaitsDoesNotEndIt() throws Exception {
        api.post(group, HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"json\",\"auto.offset.reset\":\"earliest\"}").is(200);
        api.post(consumer + "/assignments", HttpApi.DIALECT, "{\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0}]}")
                .is(204);
        var poll = api.getLater(consumer + "/records?timeout=20000");

        ask("HEAD", consumer + "/records").is(405);
        assertThat(poll).isNotDone();
        api.produce(topic, "3");

        assertThat(poll.get(30, TimeUnit.SECONDS).array()).hasSize(1);
        api.delete(consumer).is(204);
    }

    @Test
    void whereAGetOnlyTellsAHeadIsAnsweredWithoutABody() {
        api.produce(topic, "1");
        for (String path : new String[] {"/topics", "/topics/" + topic, "/topics/" + topic + "/partitions/0/records?offset=0"}) {
            HttpApi.Answer answer = ask("HEAD", path).is(200);
            assertThat(answer.bytes()).isEmpty();
        }
        assertThat(ask("OPTIONS", "/topics").is(200).header("Allow")).contains("GET", "HEAD");
    }

    private HttpApi.Answer ask(String method, String path) {
        return api.send(api.request(path).method(method, BodyPublishers.noBody()));
    }
}
