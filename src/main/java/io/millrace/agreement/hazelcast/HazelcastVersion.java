package io.millrace.agreement.hazelcast;

import com.hazelcast.instance.BuildInfo;
import com.hazelcast.instance.BuildInfoProvider;

/** The only Hazelcast that is let in: from 5.5 on the open-source edition refuses to run the CP subsystem. */
public final class HazelcastVersion {
    static final String SUPPORTED = "5.4.";

    private HazelcastVersion() {
    }

    /** @throws IllegalStateException when another version is on the class path */
    public static void check() {
        BuildInfo found = BuildInfoProvider.getBuildInfo();
        check(found.getVersion(), found.isEnterprise());
    }

    public static void check(String version, boolean enterprise) {
        if (!version.startsWith(SUPPORTED) || enterprise) {
            throw new IllegalStateException("Hazelcast " + version + (enterprise ? " Enterprise" : "")
                + " is on the class path; Millrace runs with open-source Hazelcast " + SUPPORTED + "x only, because"
                + " later ones ask for a license for the CP subsystem. Put hazelcast.version back in pom.xml, or"
                + " remove the other Hazelcast from the server");
        }
    }
}
