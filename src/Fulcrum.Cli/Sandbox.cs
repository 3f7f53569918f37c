using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli;

/// <summary>The SQL sandbox of a command; warns of items that could not be scored.</summary>
internal static class Sandbox
{
    /// <summary>Opens it; the caller disposes it.</summary>
    public static SqlSandbox Open()
    {
        SqlSandbox sandbox = SqlSandbox.Open();
        sandbox.Unscored = Notices.Warn;
        return sandbox;
    }

    /// <summary>Does work for which the sandbox is opened only when it is needed.</summary>
    public static T For<T>(Func<Lazy<SqlSandbox>, T> work)
    {
        Lazy<SqlSandbox> sandbox = new(Open);
        try
        {
            return work(sandbox);
        }
        finally
        {
            if (sandbox.IsValueCreated)
            {
                sandbox.Value.Dispose();
            }
        }
    }
}
