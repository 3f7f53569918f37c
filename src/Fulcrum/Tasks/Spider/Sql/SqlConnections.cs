namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>Keeps connections to recently used databases open. Thread-safe: one query at a time has a
/// connection.</summary>
internal sealed class SqlConnections(SqlLimits limits) : IDisposable
{
    private const int MostIdle = 32;
    private readonly Lock door = new();
    private readonly LinkedList<SqlDatabase> idle = [];

    /// <summary>Returns a connection to the current version of a file.</summary>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    public SqlDatabase Take(string file)
    {
        FileInfo now = new(file);
        if (!now.Exists)
        {
            throw new InputException($"there is no database file {file}");
        }

        (long, DateTime) stamp = (now.Length, now.LastWriteTimeUtc);
        return Idle(file, stamp) ?? new SqlDatabase(file, stamp, limits);
    }

    /// <summary>Returns a connection to the pool.</summary>
    public void Return(SqlDatabase database)
    {
        SqlDatabase? oldest = null;
        lock (door)
        {
            idle.AddFirst(database);
            if (idle.Count > MostIdle)
            {
                oldest = idle.Last!.Value;
                idle.RemoveLast();
            }
        }

        oldest?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (door)
        {
            foreach (SqlDatabase database in idle)
            {
                database.Dispose();
            }

            idle.Clear();
        }
    }

    private SqlDatabase? Idle(string file, (long, DateTime) stamp)
    {
        SqlDatabase? found;
        lock (door)
        {
            found = idle.FirstOrDefault(d => d.File == file);
            if (found is not null)
            {
                idle.Remove(found);
            }
        }

        if (found is not null && found.Stamp != stamp)
        {
            found.Dispose();
            return null;
        }

        return found;
    }
}
