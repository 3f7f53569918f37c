namespace Fulcrum.Benchmarks;

/// <summary>The repository's root, found from wherever BenchmarkDotNet runs the program.</summary>
internal static class Root
{
    /// <summary>A path under the root.</summary>
    public static string Of(string path)
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Fulcrum.slnx")))
            {
                return Path.Combine(d.FullName, path);
            }
        }

        throw new InvalidOperationException("run this within the repository");
    }
}
