package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.Quota;
import io.millrace.security.Resource;
import io.millrace.security.ResourcePattern;
import io.millrace.security.ResourceType;
import io.millrace.security.Subject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PermissionBodiesTest {
    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text.replace('\'', '"'))).readObject();
    }

    @Test
    void anEntryIsAPermissionForEachOfItsOperations() {
        assertThat(PermissionBodies.permissions(json("{'permissions':[{'principal':'alice','operations':['READ','write'],"
                + "'resource_type':'topic','resource_name':'orders'},{'group':'g','operations':['ALL'],'resource_type':'group',"
                + "'pattern_type':'any','effect':'deny'},{'everyone':true,'operations':['DESCRIBE'],'resource_type':'cluster'}]}")))
                .containsExactly(
                        new Permission(Subject.principal("alice"), Operation.READ, ResourcePattern.of(Resource.topic("orders")),
                                Permission.Effect.ALLOW),
                        new Permission(Subject.principal("alice"), Operation.WRITE, ResourcePattern.of(Resource.topic("orders")),
                                Permission.Effect.ALLOW),
                        new Permission(Subject.group("g"), Operation.ALL, ResourcePattern.any(ResourceType.GROUP), Permission.Effect.DENY),
                        new Permission(Subject.EVERYONE, Operation.DESCRIBE, ResourcePattern.of(Resource.CLUSTER), Permission.Effect.ALLOW));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{'permissions':[{'operations':['READ'],'resource_type':'topic','resource_name':'t'}]} | 422 | principal",
        "{'permissions':[{'principal':'a','group':'g','operations':['READ'],'resource_type':'topic','resource_name':'t'}]} | 422 | once",
        "{'permissions':[{'principal':'a','operations':['READ'],'resource_type':'topic'}]} | 422 | no name",
        "{'permissions':[{'principal':'a','operations':['FLY'],'resource_type':'topic','resource_name':'t'}]} | 422 | FLY",
        "{'permissions':[{'principal':'a','operations':['WRITE'],'resource_type':'group','resource_name':'t'}]} | 422 | WRITE",
        "{'permissions':[{'principal':'a','operations':[],'resource_type':'group','resource_name':'t'}]} | 422 | empty",
        "{'permissions':[{'principal':1,'operations':['READ'],'resource_type':'group','resource_name':'t'}]} | 400 | string",
        "{'permissions':[{'principal':'a','operation':'READ'}]} | 400 | operation",
        "{'permissions':{}} | 400 | list"})
    void whatIsNoPermissionIsRefusedWithAReason(String body, int status, String reason) {
        assertThatThrownBy(() -> PermissionBodies.permissions(json(body))).isInstanceOfSatisfying(RequestException.class,
                refused -> assertThat(refused.status()).isEqualTo(status)).hasMessageContaining(reason);
    }

    @Test
    void aQuotaIsAPrincipalsOrThatOfAllOthers() {
        assertThat(PermissionBodies.quotas(json("{'quotas':[{'principal':'alice','requests_per_second':5},"
                + "{'default':true,'produce_bytes_per_second':1000,'fetch_bytes_per_second':null}]}")))
                .containsExactly(new Quota("alice", null, null, 5L), new Quota(null, 1000L, null, null));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"{'quotas':[{'requests_per_second':5}]} | 422 | default",
        "{'quotas':[{'principal':'a'}]} | 422 | delete", "{'quotas':[{'principal':'a','requests_per_second':0}]} | 422 | 1 or more",
        "{'quotas':[{'principal':'a','requests_per_second':'x'}]} | 400 | whole",
        "{'quotas':[{'principal':'a','requests_per_second':1},{'principal':'a','requests_per_second':2}]} | 422 | twice"})
    void whatIsNoQuotaIsRefusedWithAReason(String body, int status, String reason) {
        assertThatThrownBy(() -> PermissionBodies.quotas(json(body))).isInstanceOfSatisfying(RequestException.class,
                refused -> assertThat(refused.status()).isEqualTo(status)).hasMessageContaining(reason);
    }
}
