using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Torch.Interop;

/// <summary>Whether a libtorch that the user names fits TorchSharp, found out before anything is loaded from
/// it.</summary>
/// <remarks>Another version may load and then misread tensors, because the layout of C++ objects differs. So the
/// version
/// decides if it is known. Otherwise every symbol that TorchSharp's library needs must be there.</remarks>
internal static partial class LibtorchFit
{
    /// <summary>The version that TorchSharp's native library was built with; its third number does not
    /// matter.</summary>
    public const string Needed = "2.10";

    /// <summary>Returns the version of a libtorch: PyTorch's <c>version.py</c> or <c>build-version</c> of a libtorch
    /// archive; null: neither exists.</summary>
    /// <param name="libraries">The folder with <c>libtorch.so</c>.</param>
    public static string? VersionOf(string libraries)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(libraries)) ?? libraries,
            python = Path.Combine(parent, "version.py"),
            archive = Path.Combine(parent, "build-version");
        return File.Exists(python) && PythonVersion().Match(BoundedFile.ReadText(python)) is { Success: true } match
                ? match.Groups[1].Value
            : File.Exists(archive) ? BoundedFile.ReadText(archive).Trim()
            : null;
    }

    /// <summary>Refuses a libtorch that does not fit.</summary>
    /// <param name="libraries">The folder with <c>libtorch.so</c>.</param>
    /// <param name="wrapper">TorchSharp's native library.</param>
    /// <exception cref="FulcrumException">It is of another version, or lacks symbols; names both versions.</exception>
    public static void Require(string libraries, string wrapper)
    {
        string? version = VersionOf(libraries);
        if (version is not null && version != Needed && !version.StartsWith(Needed + ".", StringComparison.Ordinal))
        {
            throw new FulcrumException(
                $"FULCRUM_LIBTORCH names {libraries}, which is PyTorch {Printable.Short(version)}. "
                    + $"PyTorch {Needed}.x is needed: install torch=={Needed}.* or unset the variable"
            );
        }

        string[] missing = Missing(libraries, wrapper);
        if (missing.Length > 0)
        {
            throw new FulcrumException(
                $"FULCRUM_LIBTORCH names {libraries}, a libtorch of version {version ?? "unknown"} "
                    + $"that lacks {missing.Length} of the symbols that {Path.GetFileName(wrapper)} needs, the "
                    + $"first {missing[0]}. "
                    + $"PyTorch {Needed}.x is needed: install torch=={Needed}.* or unset the variable"
            );
        }
    }

    private static string[] Missing(string libraries, string wrapper)
    {
        HashSet<string> wanted = [.. ElfSymbols.Read(wrapper, IsOfLibtorch).Undefined];
        foreach (string library in Directory.EnumerateFiles(libraries, "lib*.so").Where(IsLibtorch))
        {
            wanted.ExceptWith(ElfSymbols.Read(library, wanted.Contains).Defined);
        }

        return [.. wanted.Order(StringComparer.Ordinal)];
    }

    private static bool IsLibtorch(string path) =>
        Path.GetFileName(path) is "libc10.so" or "libtorch.so" or "libtorch_cpu.so" or "libtorch_cuda.so";

    // Mangled names of the namespaces at, c10 and torch; those of the standard library are the system's.
    private static bool IsOfLibtorch(string name) => OfLibtorch().IsMatch(name);

    [GeneratedRegex(@"^_ZN?K?(2at|3c10|5torch)")]
    private static partial Regex OfLibtorch();

    [GeneratedRegex(@"^__version__\s*=\s*['""]([^'""]+)['""]", RegexOptions.Multiline)]
    private static partial Regex PythonVersion();
}
