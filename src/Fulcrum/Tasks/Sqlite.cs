namespace Fulcrum.Tasks;

/// <summary>The SQLite in use.</summary>
public static class Sqlite
{
    /// <summary>Its version; query results can depend on it.</summary>
    public static string Version { get; } = Read();

    private static string Read()
    {
        SQLitePCL.Batteries_V2.Init();
        return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
    }
}
