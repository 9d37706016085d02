package io.millrace.rest;

import io.millrace.metadata.access.AccessLimitException;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.PermissionBodies;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.PermissionEntry;
import io.millrace.security.Permission;
import io.millrace.security.PermissionFilter;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Who may do what: permissions on topics, groups, transactional ids and the cluster. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin/permissions")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class PermissionsResource {
    @Inject
    RulesAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;

    @Operation(operationId = "listPermissions", summary = "The permissions that there are, or those that the query means")
    @Tag(name = "Security")
    @Parameter(ref = "permission_principal")
    @Parameter(ref = "permission_group")
    @Parameter(ref = "permission_everyone")
    @Parameter(ref = "permission_operation")
    @Parameter(ref = "permission_resource_type")
    @Parameter(ref = "permission_pattern_type")
    @Parameter(ref = "permission_resource_name")
    @Parameter(ref = "permission_effect")
    @APIResponse(responseCode = "200", ref = "PermissionList")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    public byte[] list(@Context UriInfo uri) {
        PermissionFilter filter = PermissionBodies.filter(new QueryParameters(uri.getQueryParameters()));
        return json.write(PermissionEntry.All.of(access.accessRegisters().permissions().stream().filter(filter::matches).toList()));
    }

    @Operation(operationId = "addPermissions", summary = "Adds permissions; those that there are already stay as they are")
    @Tag(name = "Security")
    @RequestBody(ref = "NewPermissions")
    @APIResponse(responseCode = "200", ref = "AddedPermissions")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] add(InputStream body) {
        List<Permission> wanted = PermissionBodies.permissions(json.object(body));
        List<Permission> added;
        try {
            added = access.accessRegisters().add(wanted);
        } catch (AccessLimitException tooMany) {
            throw RequestException.unprocessable(tooMany.getMessage());
        }
        access.accessChanged();
        added.forEach(each -> guard.act("added " + PermissionEntry.of(each), true));
        return json.write(PermissionEntry.Added.of(added));
    }

    @Operation(operationId = "deletePermissions", summary = "Deletes the permissions that the query means")
    @Tag(name = "Security")
    @Parameter(ref = "permission_principal")
    @Parameter(ref = "permission_group")
    @Parameter(ref = "permission_everyone")
    @Parameter(ref = "permission_operation")
    @Parameter(ref = "permission_resource_type")
    @Parameter(ref = "permission_pattern_type")
    @Parameter(ref = "permission_resource_name")
    @Parameter(ref = "permission_effect")
    @Parameter(ref = "permission_all")
    @APIResponse(responseCode = "200", ref = "DeletedPermissions")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    public byte[] delete(@Context UriInfo uri) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        PermissionFilter filter = PermissionBodies.filter(query);
        if (filter.isEmpty() && !query.flag("all")) {
            throw RequestException.badRequest("the query says nothing about the permissions to delete: name some, or add all=true");
        }
        List<Permission> deleted = access.accessRegisters().delete(filter);
        access.accessChanged();
        deleted.forEach(each -> guard.act("deleted " + PermissionEntry.of(each), true));
        return json.write(PermissionEntry.Deleted.of(deleted));
    }
}
