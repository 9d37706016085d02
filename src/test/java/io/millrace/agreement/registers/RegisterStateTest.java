package io.millrace.agreement.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegisterStateTest {
    @ParameterizedTest
    @ValueSource(strings = {"{}", "null", "\"}\"", "{ \"a\" : [1,\n2] }", "\"\\u0000 \u00e4 \ud83d\ude00\"",
        "{\"deleted\":true}", "{\"version\":1,\"change\":\"a-1\",\"value\":3}"})
    void aValueComesBackToTheLetter(String value) {
        RegisterState state = new RegisterState(Long.MAX_VALUE, "k3-17", value);

        assertThat(RegisterState.decode(state.encode())).isEqualTo(state);
    }

    @Test
    void theTextIsJsonThatAPersonCanRead() {
        assertThat(new RegisterState(7, "k3-17", "{\"a\":1}").encode())
            .isEqualTo("{\"version\":7,\"change\":\"k3-17\",\"value\":{\"a\":1}}");
        assertThat(new RegisterState(8, "k3-18", null).encode())
            .isEqualTo("{\"version\":8,\"change\":\"k3-18\",\"deleted\":true}");
    }

    @Test
    void statesAreOrderedByIncarnationThenVersion() {
        RegisterState old = new RegisterState(1, 9, "a-1", "1");
        RegisterState restored = new RegisterState(2, 8, "a-1", "1");

        assertThat(restored.isNewerThan(old)).isTrue();
        assertThat(old.isNewerThan(restored)).isFalse();
        assertThat(new RegisterState(2, 9, "a-2", "1").isNewerThan(restored)).isTrue();
        assertThat(restored.isNewerThan(restored)).isFalse();
        assertThat(RegisterState.decode(restored.encode())).isEqualTo(restored);
        assertThat(RegisterState.decode("{\"version\":7,\"change\":\"a-1\",\"value\":1}").incarnation()).isZero();
    }

    @Test
    void aDeletedRegisterIsNotOneWithTheValueNull() {
        RegisterState deleted = RegisterState.decode(new RegisterState(2, "a-1", null).encode());

        assertThat(deleted.exists()).isFalse();
        assertThat(RegisterState.decode(new RegisterState(2, "a-1", "null").encode()).exists()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"version\":0,\"change\":\"a-1\",\"value\":1}",
        "{\"version\":9999999999999999999,\"change\":\"a-1\",\"value\":1}",
        "{\"version\":1,\"change\":\"A\",\"value\":1}", "{\"version\":1,\"change\":\"a-1\",\"value\":}",
        "{\"version\":1,\"change\":\"a-1\"}", " {\"version\":1,\"change\":\"a-1\",\"deleted\":true}",
        "{\"version\":1,\"change\":\"a-1\",\"deleted\":true} "})
    void anyOtherTextIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> RegisterState.decode(text));
    }
}
