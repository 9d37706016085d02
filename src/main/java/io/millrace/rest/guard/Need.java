package io.millrace.rest.guard;

import io.millrace.security.Operation;
import io.millrace.security.Resource;
import io.millrace.security.ResourceType;
import java.util.List;

/**
 * What a request does to what its path names.
 *
 * @param segment of the path that names the resource, from 0; {@link #CLUSTER}: the cluster
 */
record Need(Operation operation, ResourceType type, int segment) {
    static final int CLUSTER = -1;

    static Need of(Operation operation) {
        return new Need(operation, ResourceType.CLUSTER, CLUSTER);
    }

    Resource resource(List<String> path) {
        return segment == CLUSTER ? Resource.CLUSTER : new Resource(type, path.get(segment));
    }
}
