package io.millrace.liberty;

import io.millrace.broker.FirstBytePartitioner;
import io.millrace.group.membership.Assignor;
import io.millrace.group.membership.FirstSubscriberAssignor;
import io.millrace.metadata.Partitioner;
import java.io.File;
import org.assertj.core.api.Assertions;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** The WAR as it was built, and beside it what the tests inside the server need. */
final class MillraceArchive {
    private MillraceArchive() {
    }

    static WebArchive create() {
        return ShrinkWrap.create(ZipImporter.class, "in-server.war")
                .importFrom(new File(System.getProperty("millrace.war"))).as(WebArchive.class)
                .addAsServiceProviderAndClasses(Partitioner.class, FirstBytePartitioner.class)
                .addAsServiceProviderAndClasses(Assignor.class, FirstSubscriberAssignor.class)
                .addAsLibraries(jarOf(Assertions.class));
    }

    private static File jarOf(Class<?> type) {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }
}
