package io.millrace;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import jakarta.ws.rs.container.AsyncResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Which package may see which: arrows point down only, and frameworks stay at the edge. */
class LayeringTest {
    private static final String RECORD = "io.millrace.record..";
    private static final String LOG = "io.millrace.log..";
    private static final String AGREEMENT = "io.millrace.agreement..";
    private static final String METADATA = "io.millrace.metadata..";
    private static final String REPLICA = "io.millrace.replica..";
    private static final String BROKER = "io.millrace.broker..";
    private static final String COORDINATOR = "io.millrace.coordinator..";
    private static final String GROUP = "io.millrace.group..";
    private static final String TRANSACTION = "io.millrace.transaction..";
    private static final String REST = "io.millrace.rest..";
    private static final String CLIENT = "io.millrace.client..";
    private static final String ADAPTER = "io.millrace.ra..";
    private static final String CONFIG = "io.millrace.config..";
    private static final String OPS = "io.millrace.ops..";
    private static final String SECURITY = "io.millrace.security..";
    private static final String TRACING = "io.millrace.tracing..";
    private static final String TELEMETRY = "io.millrace.ops.telemetry..";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.millrace");

    @Test
    void arrowsPointDownOnly() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("record").definedBy(RECORD)
                .layer("log").definedBy(LOG)
                .layer("agreement").definedBy(AGREEMENT)
                .layer("metadata").definedBy(METADATA)
                .layer("replica").definedBy(REPLICA)
                .layer("broker").definedBy(BROKER)
                .layer("coordinator").definedBy(COORDINATOR)
                .layer("group").definedBy(GROUP)
                .layer("transaction").definedBy(TRANSACTION)
                .layer("rest").definedBy(REST)
                .layer("config").definedBy(CONFIG)
                .layer("security").definedBy(SECURITY)
                .layer("tracing").definedBy(TRACING)
                .layer("ops").definedBy(OPS)
                .whereLayer("record").mayNotAccessAnyLayer()
                .whereLayer("log").mayOnlyAccessLayers("record")
                .whereLayer("agreement").mayOnlyAccessLayers("log", "record")
                .whereLayer("security").mayNotAccessAnyLayer()
                .whereLayer("tracing").mayNotAccessAnyLayer()
                .whereLayer("metadata").mayOnlyAccessLayers("security", "agreement", "log", "record")
                .whereLayer("replica").mayOnlyAccessLayers("metadata", "agreement", "log", "record")
                .whereLayer("broker").mayOnlyAccessLayers("replica", "metadata", "agreement", "log", "record", "tracing")
                .whereLayer("coordinator").mayOnlyAccessLayers("broker", "replica", "metadata", "agreement", "log", "record")
                .whereLayer("group").mayOnlyAccessLayers("coordinator", "broker", "replica", "metadata", "agreement", "log",
                        "record")
                .whereLayer("transaction").mayOnlyAccessLayers("group", "coordinator", "broker", "replica", "metadata", "agreement",
                        "log", "record")
                .whereLayer("rest").mayOnlyAccessLayers("transaction", "group", "coordinator", "broker", "replica", "metadata",
                        "agreement", "log", "record", "config", "security", "tracing")
                .whereLayer("config").mayNotAccessAnyLayer()
                .whereLayer("ops").mayOnlyAccessLayers("config", "rest", "transaction", "group", "coordinator", "broker", "replica",
                        "metadata", "agreement", "log", "record", "security", "tracing")
                .check(CLASSES);
    }

    /** They run where no server is: in jars of their own, without the rest. */
    @Test
    void clientsKnowNothingOfTheServers() {
        noClasses().that().resideInAnyPackage(CLIENT, ADAPTER).should().dependOnClassesThat(
                resideInAPackage("io.millrace..").and(not(resideInAnyPackage(CLIENT, ADAPTER, RECORD)))).check(CLASSES);
        noClasses().that().resideOutsideOfPackages(CLIENT, ADAPTER).should().dependOnClassesThat()
                .resideInAnyPackage(CLIENT, ADAPTER).check(CLASSES);
        noClasses().that().resideInAPackage(CLIENT).should().dependOnClassesThat().resideInAPackage(ADAPTER).check(CLASSES);
    }

    @Test
    void theChambersOfTheLogStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("vocabulary").definedBy("io.millrace.log")
                .layer("file").definedBy("io.millrace.log.file")
                .layer("segment").definedBy("io.millrace.log.segment")
                .layer("producer").definedBy("io.millrace.log.producer")
                .layer("transaction").definedBy("io.millrace.log.transaction")
                .layer("recovery").definedBy("io.millrace.log.recovery")
                .layer("compact").definedBy("io.millrace.log.compact")
                .layer("write").definedBy("io.millrace.log.write")
                .whereLayer("vocabulary").mayNotAccessAnyLayer()
                .whereLayer("file").mayOnlyAccessLayers("vocabulary")
                .whereLayer("segment").mayOnlyAccessLayers("file", "vocabulary")
                .whereLayer("producer").mayOnlyAccessLayers("segment", "file", "vocabulary")
                .whereLayer("transaction").mayOnlyAccessLayers("producer", "vocabulary")
                .whereLayer("recovery").mayOnlyAccessLayers("transaction", "producer", "segment", "file", "vocabulary")
                .whereLayer("compact").mayOnlyAccessLayers("transaction", "producer", "segment", "file", "vocabulary")
                .whereLayer("write").mayOnlyAccessLayers("compact", "recovery", "transaction", "producer", "segment", "file",
                        "vocabulary")
                .check(CLASSES);
    }

    @Test
    void theChambersOfTheAgreementStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("vocabulary").definedBy("io.millrace.agreement")
                .layer("registers").definedBy("io.millrace.agreement.registers")
                .layer("journal").definedBy("io.millrace.agreement.journal")
                .layer("hazelcast").definedBy("io.millrace.agreement.hazelcast")
                .layer("steward").definedBy("io.millrace.agreement.steward")
                .whereLayer("vocabulary").mayNotAccessAnyLayer()
                .whereLayer("registers").mayOnlyAccessLayers("vocabulary")
                .whereLayer("journal").mayOnlyAccessLayers("registers", "vocabulary")
                .whereLayer("hazelcast").mayOnlyAccessLayers("journal", "registers", "vocabulary")
                .whereLayer("steward").mayOnlyAccessLayers("hazelcast", "journal", "registers", "vocabulary")
                .check(CLASSES);
    }

    @Test
    void theChambersOfTheMetadataStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("vocabulary").definedBy("io.millrace.metadata")
                .layer("config").definedBy("io.millrace.metadata.config")
                .layer("registers").definedBy("io.millrace.metadata.registers")
                .layer("brokers").definedBy("io.millrace.metadata.brokers")
                .layer("access").definedBy("io.millrace.metadata.access")
                .layer("topics").definedBy("io.millrace.metadata.topics")
                .layer("controller").definedBy("io.millrace.metadata.controller")
                .whereLayer("vocabulary").mayNotAccessAnyLayer()
                .whereLayer("config").mayOnlyAccessLayers("vocabulary")
                .whereLayer("registers").mayOnlyAccessLayers("vocabulary")
                .whereLayer("brokers").mayOnlyAccessLayers("vocabulary")
                .whereLayer("access").mayOnlyAccessLayers("vocabulary")
                .whereLayer("topics").mayOnlyAccessLayers("registers", "brokers", "config", "vocabulary")
                .whereLayer("controller").mayOnlyAccessLayers("topics", "registers", "brokers", "config", "vocabulary")
                .check(CLASSES);
    }

    @Test
    void theStateOfAReplicaIsPure() {
        noClasses().that().resideInAPackage("io.millrace.replica.core").should().dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent..", "java.nio.file..", "io.millrace.log.write..",
                        "io.millrace.agreement.registers..").check(CLASSES);
    }

    @Test
    void theChambersOfTheReplicaStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("core").definedBy("io.millrace.replica.core")
                .layer("hosting").definedBy("io.millrace.replica.hosting")
                .layer("leader").definedBy("io.millrace.replica.leader")
                .layer("follower").definedBy("io.millrace.replica.follower")
                .layer("door").definedBy("io.millrace.replica")
                .whereLayer("core").mayNotAccessAnyLayer()
                .whereLayer("hosting").mayOnlyAccessLayers("core")
                .whereLayer("leader").mayOnlyAccessLayers("hosting", "core")
                .whereLayer("follower").mayOnlyAccessLayers("hosting", "core")
                .whereLayer("door").mayOnlyAccessLayers("leader", "follower", "hosting", "core")
                .check(CLASSES);
    }

    @Test
    void whoOwnsWhatAndHowFarAGroupHasComeKnowNothingOfEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("membership").definedBy("io.millrace.group.membership")
                .layer("offsets").definedBy("io.millrace.group.offsets")
                .layer("delivery").definedBy("io.millrace.group.delivery")
                .layer("door").definedBy("io.millrace.group")
                .whereLayer("membership").mayNotAccessAnyLayer()
                .whereLayer("offsets").mayNotAccessAnyLayer()
                .whereLayer("delivery").mayOnlyAccessLayers("membership", "offsets")
                .whereLayer("door").mayOnlyAccessLayers("delivery", "membership", "offsets")
                .check(CLASSES);
    }

    @Test
    void theChambersOfTheTransactionsStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("state").definedBy("io.millrace.transaction.state")
                .layer("records").definedBy("io.millrace.transaction.records")
                .layer("coordinator").definedBy("io.millrace.transaction.coordinator")
                .layer("routing").definedBy("io.millrace.transaction.routing")
                .whereLayer("state").mayNotAccessAnyLayer()
                .whereLayer("records").mayOnlyAccessLayers("state")
                .whereLayer("coordinator").mayOnlyAccessLayers("records", "state")
                .whereLayer("routing").mayOnlyAccessLayers("coordinator", "records", "state")
                .check(CLASSES);
    }

    @Test
    void whatBecomesOfATransactionIsPure() {
        noClasses().that().resideInAPackage("io.millrace.transaction.state").should().dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent..", "java.time..", "io.millrace.coordinator..").check(CLASSES);
    }

    @Test
    void theChambersOfTheHttpInterfaceStandOnEachOther() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
                .layer("dialect").definedBy("io.millrace.rest.dialect")
                .layer("cluster").definedBy("io.millrace.rest.cluster")
                .layer("model").definedBy("io.millrace.rest.model")
                .layer("origin").definedBy("io.millrace.rest.origin")
                .layer("entry").definedBy("io.millrace.rest.entry")
                .layer("errors").definedBy("io.millrace.rest.errors")
                .layer("access").definedBy("io.millrace.rest.access")
                .layer("body").definedBy("io.millrace.rest.body")
                .layer("guard").definedBy("io.millrace.rest.guard")
                .layer("routing").definedBy("io.millrace.rest.routing")
                .layer("exchange").definedBy("io.millrace.rest.exchange")
                .layer("stream").definedBy("io.millrace.rest.stream")
                .layer("internal").definedBy("io.millrace.rest.internal")
                .layer("resources").definedBy("io.millrace.rest")
                .whereLayer("dialect").mayNotAccessAnyLayer()
                .whereLayer("cluster").mayNotAccessAnyLayer()
                .whereLayer("model").mayNotAccessAnyLayer()
                .whereLayer("origin").mayOnlyAccessLayers("dialect")
                .whereLayer("guard").mayOnlyAccessLayers("access", "cluster", "dialect")
                .whereLayer("entry").mayOnlyAccessLayers("guard", "origin", "cluster", "dialect")
                .whereLayer("errors").mayOnlyAccessLayers("dialect")
                .whereLayer("access").mayNotAccessAnyLayer()
                .whereLayer("body").mayOnlyAccessLayers("dialect")
                .whereLayer("routing").mayOnlyAccessLayers("entry", "body", "access", "cluster", "dialect")
                .whereLayer("exchange").mayOnlyAccessLayers("routing", "body", "access", "model", "cluster", "dialect")
                .whereLayer("stream").mayOnlyAccessLayers("guard", "body", "access", "cluster", "dialect")
                .whereLayer("internal").mayOnlyAccessLayers("exchange", "routing", "body", "access", "errors", "cluster", "dialect")
                .whereLayer("resources").mayOnlyAccessLayers("exchange", "stream", "routing", "body", "access", "errors", "entry",
                        "guard", "cluster", "model", "dialect")
                .check(CLASSES);
    }

    @Test
    void noPackagesGoInCircles() {
        slices().matching("io.millrace.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTheAgreementImportsHazelcast() {
        noClasses().that().resideOutsideOfPackage(AGREEMENT)
                .should().dependOnClassesThat().resideInAPackage("com.hazelcast..").check(CLASSES);
    }

    /** A server that follows no requests need not have it. */
    @Test
    void onlyTheTelemetryImportsOpenTelemetry() {
        noClasses().that().resideOutsideOfPackage(TELEMETRY).should().dependOnClassesThat().resideInAPackage("io.opentelemetry..")
                .check(CLASSES);
        noClasses().that().resideOutsideOfPackage(TELEMETRY).and().doNotHaveSimpleName("FollowedRequests")
                .should().dependOnClassesThat().resideInAPackage(TELEMETRY).check(CLASSES);
    }

    @Test
    void theLogIsALibraryThatCouldBeLiftedOut() {
        noClasses().that().resideInAPackage(LOG).should().dependOnClassesThat().resideInAnyPackage(
                "jakarta..", "javax..", "com.hazelcast..", "org.eclipse.microprofile..", "com.fasterxml..",
                "java.net..").check(CLASSES);
    }

    @Test
    void onlyTheEdgeSpeaksHttpOrIsInjected() {
        noClasses().that().resideOutsideOfPackages(REST, OPS, CONFIG).should().dependOnClassesThat().resideInAnyPackage(
                "jakarta.ws.rs..", "jakarta.servlet..", "jakarta.inject..", "jakarta.enterprise..",
                "org.eclipse.microprofile..", "com.fasterxml..").check(CLASSES);
    }

    @Test
    void whatWasAnsweredIsNotKeptByTheContainersTimers() {
        noClasses().should().callMethod(AsyncResponse.class, "setTimeout", long.class, TimeUnit.class)
                .because("its task refers to the exchange until its time comes, however long ago that was answered:"
                        + " AnswerDeadlines lets go").check(CLASSES);
    }

    @Test
    void loggingGoesThroughThePlatform() {
        noClasses().that().doNotHaveSimpleName("PlatformLogger") // Hazelcast's interface for loggers has such levels
                .should().dependOnClassesThat().resideInAnyPackage("java.util.logging..", "org.slf4j..",
                "org.apache.logging..").check(CLASSES);
    }

    @Test
    void classNamesSayWhatTheClassDoes() {
        classes().should().haveSimpleNameNotEndingWith("Util").andShould().haveSimpleNameNotEndingWith("Utils")
                .andShould().haveSimpleNameNotEndingWith("Helper").andShould().haveSimpleNameNotEndingWith("Manager")
                .andShould().haveSimpleNameNotEndingWith("Common").andShould().haveSimpleNameNotEndingWith("Misc")
                .check(CLASSES);
    }

    @Test
    void everyPackageSaysWhatItIsForAndLiesInAKnownRoom() {
        Set<String> withClasses = new TreeSet<>();
        for (JavaClass each : CLASSES) {
            if (!each.getSimpleName().equals("package-info")) {
                withClasses.add(each.getPackageName());
            }
        }
        // A room may have chambers of its own; they lie in the room's layer.
        assertThat(withClasses).allMatch(
                name -> name.matches("io\\.millrace\\.(record|log|agreement|metadata|replica|broker|coordinator|group|transaction|security"
                        + "|tracing|rest|client|ra|config|ops)(\\..+)?"),
                "lies in a known room");
        assertThat(withClasses).allMatch(LayeringTest::hasPackageInfo, "has a package-info.java");
    }

    private static boolean hasPackageInfo(String name) {
        return Files.isRegularFile(
                Path.of("src/main/java", name.replace('.', '/'), "package-info.java"));
    }
}
