package io.millrace.rest;

import io.millrace.metadata.access.AccessLimitException;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.PermissionBodies;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.QuotaEntry;
import io.millrace.security.Quota;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.List;
import java.util.function.Predicate;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** How much callers may do in a second. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin/quotas")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class QuotasResource {
    @Inject
    RulesAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;

    @Operation(operationId = "listQuotas", summary = "The quotas that there are, or that of one principal, or the default")
    @Tag(name = "Security")
    @Parameter(ref = "quota_principal")
    @Parameter(ref = "quota_default")
    @APIResponse(responseCode = "200", ref = "QuotaList")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    public byte[] list(@Context UriInfo uri) {
        Predicate<Quota> meant = meant(new QueryParameters(uri.getQueryParameters()));
        return json.write(QuotaEntry.All.of(access.accessRegisters().quotas().stream().filter(each -> meant == null || meant.test(each))
                .toList()));
    }

    @Operation(operationId = "setQuotas", summary = "Sets quotas, each instead of the one that its principal had")
    @Tag(name = "Security")
    @RequestBody(ref = "NewQuotas")
    @APIResponse(responseCode = "200", ref = "SetQuotas")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] set(InputStream body) {
        List<Quota> wanted = PermissionBodies.quotas(json.object(body));
        List<Quota> set;
        try {
            set = access.accessRegisters().set(wanted);
        } catch (AccessLimitException tooMany) {
            throw RequestException.unprocessable(tooMany.getMessage());
        }
        access.accessChanged();
        set.forEach(each -> guard.act("set " + each, true));
        return json.write(QuotaEntry.Set.of(set));
    }

    @Operation(operationId = "deleteQuotas", summary = "Deletes the quota of one principal, or the default")
    @Tag(name = "Security")
    @Parameter(ref = "quota_principal")
    @Parameter(ref = "quota_default")
    @APIResponse(responseCode = "200", ref = "DeletedQuotas")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    public byte[] delete(@Context UriInfo uri) {
        Predicate<Quota> meant = meant(new QueryParameters(uri.getQueryParameters()));
        if (meant == null) {
            throw RequestException.badRequest("the query says nothing about the quota to delete: name a principal, or default=true");
        }
        List<Quota> deleted = access.accessRegisters().deleteQuotas(meant);
        access.accessChanged();
        deleted.forEach(each -> guard.act("deleted " + each, true));
        return json.write(QuotaEntry.Deleted.of(deleted));
    }

    /** Null: the query does not say. */
    private static Predicate<Quota> meant(QueryParameters query) {
        String principal = query.text("principal");
        boolean others = query.flag("default");
        if (principal == null && !others) {
            return null;
        }
        return each -> others && each.principal() == null || principal != null && principal.equals(each.principal());
    }
}
