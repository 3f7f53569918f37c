namespace Fulcrum.Tasks;

/// <summary>The SQLite in use.</summary>
internal static class Sqlite
{
    /// <summary>Its version; query results can depend on it.</summary>
    public static string Version { get; } = Read();

    /// <summary>The oldest version that runs queries of others: 3.50.2 mended the overflow of an aggregate's column
    /// index (CVE-2025-6965), by which a plain SELECT corrupted memory.</summary>
    internal static readonly Version Oldest = new(3, 50, 2);

    /// <summary>Refuses a SQLite that is too old.</summary>
    /// <exception cref="FulcrumException">It is; says which version is needed.</exception>
    internal static void RequireSafe(string? version = null)
    {
        string found = version ?? Version;
        if (!System.Version.TryParse(found, out Version? parsed) || parsed < Oldest)
        {
            throw new FulcrumException(
                $"the SQLite in use is {found}, and queries can corrupt the memory of versions before {Oldest}; "
                    + "restore the package SourceGear.sqlite3 that Fulcrum names"
            );
        }
    }

    private static string Read()
    {
        SQLitePCL.Batteries_V2.Init();
        return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
    }
}
