using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli;

/// <summary>The SQL sandbox of a command; says so when it has no worker processes.</summary>
internal static class Sandbox
{
    /// <summary>Opens it; the caller disposes it.</summary>
    public static SqlSandbox Open()
    {
        SqlSandbox sandbox = SqlSandbox.Open();
        if (sandbox.Warning is { } warning)
        {
            Console.Error.WriteLine($"fulcrum: warning: {warning}");
        }

        return sandbox;
    }
}
