package io.millrace.rest.internal;

import io.millrace.rest.cluster.ClusterSecret;
import jakarta.ws.rs.NameBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For brokers of the cluster only: requests are signed with the {@link ClusterSecret}. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface ClusterOnly {
}
