package io.millrace.rest.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.security.Caller;
import io.millrace.security.Role;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CallerHeadersTest {
    private static Caller inGroups(int count) {
        Set<String> groups = IntStream.range(0, count).mapToObj(i -> "cn=group-" + i + ",ou=müll").collect(Collectors.toSet());
        return new Caller("anna", groups, Set.of(Role.CLIENT));
    }

    @Test
    void whoAsksIsReadAsItWasTold() {
        Caller caller = inGroups(300);

        assertThat(CallerHeaders.read(CallerHeaders.of(caller)::get)).isEqualTo(caller);
    }

    @Test
    void whoIsInMoreGroupsThanCanBeToldIsNotToldOfWithoutSomeOfThem() {
        assertThatIllegalArgumentException().isThrownBy(() -> CallerHeaders.of(inGroups(1_000))).withMessageContaining("fewer groups");
    }
}
