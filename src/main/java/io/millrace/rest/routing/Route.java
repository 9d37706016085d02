package io.millrace.rest.routing;

import io.millrace.transaction.idempotency.IdempotencyKey;

/** Who is to answer a request. */
sealed interface Route {
    Here HERE = new Here();

    /** Whichever broker it comes to: it is nobody's in particular, or wrong in itself, which the resource says. */
    record Here() implements Route {
    }

    /** Only the body tells. */
    record NamedInBody(BodySubject subject) implements Route {
    }

    /** One broker answers for all. */
    sealed interface Owned extends Route {
        OwnerKind kind();

        /** Of what it is the owner, for messages. */
        String subject();
    }

    /** @param partition 0 or more */
    record Leader(String topic, int partition) implements Owned {
        @Override
        public OwnerKind kind() {
            return OwnerKind.LEADER;
        }

        @Override
        public String subject() {
            return topic + "-" + partition;
        }
    }

    /**
     * @param consumer whose request it is, or null: no consumer's
     * @param polls    whether that one is given records, of which the coordinator asks whether they arrived
     */
    record GroupCoordinator(String group, String consumer, boolean polls) implements Owned {
        /** Of the group as a whole. */
        static GroupCoordinator of(String group) {
            return new GroupCoordinator(group, null, false);
        }

        @Override
        public OwnerKind kind() {
            return OwnerKind.COORDINATOR;
        }

        @Override
        public String subject() {
            return "group " + group;
        }
    }

    /** Only that one knows what is being carried out. */
    record KeyCoordinator(IdempotencyKey key) implements Owned {
        @Override
        public OwnerKind kind() {
            return OwnerKind.COORDINATOR;
        }

        @Override
        public String subject() {
            return key.toString();
        }
    }

    record TransactionCoordinator(String transactionalId) implements Owned {
        @Override
        public OwnerKind kind() {
            return OwnerKind.COORDINATOR;
        }

        @Override
        public String subject() {
            return "transactional id " + transactionalId;
        }
    }
}
