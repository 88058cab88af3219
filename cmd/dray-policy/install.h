/*
 * install - the commands that put packs into place and take them away.
 *
 *   install_pack(base, file, how, dry)
 *                     verifies a pack, checks the whole policy with it, prints
 *                     what will differ, puts the policy into force and the
 *                     pack into place.  Prints nothing when the pack is there
 *                     already.  A directory is taken for the source of a pack,
 *                     without a signature.  With dry all stays as it was.
 *                     Where an older one is to take the place of a newer, it
 *                     depends on how: it is refused, taken, or nothing is done
 *   install_remove(base, name, dry)
 *                     takes a pack away, likewise
 *   install_list(base)
 *                     name, version and key of each, one a line
 *
 * They end the program when something goes wrong; all is then as it was,
 * unless it says that something could not be written.
 */
#ifndef DRAY_POLICY_INSTALL_H
#define DRAY_POLICY_INSTALL_H

enum install_how { INSTALL_NEWER, INSTALL_FORCE, INSTALL_UPDATE };

void install_pack(
    const char *base, const char *file, enum install_how how, int dry);
void install_remove(const char *base, const char *name, int dry);
void install_list(const char *base);

#endif
