/** As much of package-lock.json as says what is installed. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly resolved?: string;
  /** The path is a link to `resolved`, a workspace. */
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * What `npm ci --omit=dev` installs for one workspace, as the lock file says.
 *
 * @returns paths in `node_modules`, those of workspaces too
 * @throws Error that names a dependency that the lock file does not have
 */
export function productionClosure({ packages }: LockFile, workspace: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (from: string): void => {
    const { dependencies, optionalDependencies, peerDependencies } = packages[from] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const path = resolve(packages, from, name);
      if (path === null) {
        if (dependencies && name in dependencies) throw new Error(`${from} needs ${name}, which the lock file lacks.`);
        continue;
      }
      if (found.has(path)) continue;
      found.add(path);
      const { link, resolved } = packages[path] ?? {};
      visit(link && resolved ? resolved : path);
    }
  };
  const own = Object.keys(packages).find((path) => packages[path]?.link && packages[path]?.resolved === workspace);
  if (own === undefined) throw new Error(`The lock file has no workspace ${workspace}.`);
  found.add(own);
  visit(workspace);
  return found;
}

/** Where Node finds a name from a place: in the nearest `node_modules` above it. */
function resolve(packages: LockFile["packages"], from: string, name: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const path = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (at === "") return null;
  }
}
