using Xunit;

namespace Fulcrum.Tests;

/// <summary>The reference data beside the project (<c>../shared</c>); tests that need it skip, and say so, where it is not there.</summary>
internal static class SharedData
{
    private static readonly string? Root = Find("shared");

    /// <summary>The project's own root folder.</summary>
    public static string Project { get; } = Path.GetDirectoryName(Find("Fulcrum.slnx"))!;

    /// <summary>A path under <c>../shared</c>; skips the calling test when there is none.</summary>
    public static string Of(params string[] parts)
    {
        Assert.SkipWhen(Root is null, "the reference data ../shared is not beside the project");
        return Path.Combine([Root!, .. parts]);
    }

    private static string? Find(string name)
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string candidate = Path.Combine(d.FullName, name);
            if (File.Exists(candidate) || Directory.Exists(Path.Combine(candidate, "golden")))
            {
                return candidate;
            }
        }

        return null;
    }
}
