package io.millrace.rest.internal;

import io.millrace.rest.cluster.BrokerSignatures;
import jakarta.ws.rs.NameBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For brokers of the cluster only: requests are signed by {@link BrokerSignatures}. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface ClusterOnly {
}
