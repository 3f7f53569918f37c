using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fulcrum.Files;

namespace Fulcrum.Torch.Interop;

/// <summary>Loads the native library under TorchSharp, before anything touches TorchSharp.</summary>
/// <remarks>
/// libLibTorchSharp.so 0.107.0 asks for GLIBCXX_3.4.32, which Debian 12 and Ubuntu 22.04 lack, for one symbol that has
/// an older equal. Where the system is too old a repaired copy is kept in a cache folder and loaded first: the dynamic
/// linker then finds it by its name. No file of the output folder is touched. See
/// docs/decisions/0001-native-library.md.
///</remarks>
internal static class Libtorch
{
    private const string Variable = "FULCRUM_LIBTORCH";
    private static readonly Lock Gate = new();

    /// <summary>What is loaded and from where, by file name; empty before <see cref="Load"/>.</summary>
    public static IReadOnlyDictionary<string, string> Loaded { get; private set; } = new Dictionary<string, string>();

    /// <summary>The version of the libtorch that is loaded, as its own files say; null: they do not say.</summary>
    public static string? Version { get; private set; }

    /// <summary>The versions of libtorch and PyTorch that fit.</summary>
    public static string NeededVersion => LibtorchFit.Needed + ".x";

    /// <summary>TorchSharp's own native library, as it was installed; null before <see cref="Load"/>.</summary>
    internal static string? WrapperPath { get; private set; }

    /// <summary>Whether a repaired copy is in use.</summary>
    public static bool Repaired { get; private set; }

    private static bool done;

    /// <summary>Loads libtorch once; later calls only set the number of threads.</summary>
    /// <param name="threads">Null: as many as there are cores available (a container's quota counts).</param>
    /// <exception cref="FulcrumException">A file is missing or cannot be loaded; says what to do.</exception>
    public static void Load(int? threads = null)
    {
        lock (Gate)
        {
            if (!done)
            {
                Prepare();
            }

            done = true;
            TorchSharp.torch.set_num_threads(threads ?? Environment.ProcessorCount);
        }
    }

    /// <summary>Loads libtorch if it is not loaded yet, and does not change its number of threads.</summary>
    /// <exception cref="FulcrumException">As for <see cref="Load"/>.</exception>
    public static void Ensure()
    {
        lock (Gate)
        {
            if (!done)
            {
                Load();
            }
        }
    }

    private static void Prepare()
    {
        if (OperatingSystem.IsLinux())
        {
            Heap.KeepFreedMemory();
            Spinning.KeepShort();
        }

        string folder = LibraryFolder(),
            wrapper =
                Find(LibtorchNames.Wrapper)
                ?? throw new FulcrumException(
                    $"{LibtorchNames.Wrapper} is not beside the program; publish or restore Fulcrum again"
                );
        if (IsNamed)
        {
            LibtorchFit.Require(folder, wrapper);
        }

        (Version, WrapperPath) = (LibtorchFit.VersionOf(folder), wrapper);
        Dictionary<string, string> loaded = [];
        foreach (string path in LibtorchNames.InOrder.Select(n => Path.Combine(folder, n)).Where(File.Exists))
        {
            Open(path, loaded);
        }

        (string copy, string shown) = OperatingSystem.IsLinux() ? Loadable(wrapper) : (wrapper, wrapper);
        Open(copy, loaded, shown);
        Loaded = loaded;
    }

    private static bool IsNamed => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    private static string LibraryFolder()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            // Elsewhere TorchSharp would load the libtorch beside the program as a second one.
            return OperatingSystem.IsLinux()
                ? NamedFolder(named)
                : throw new FulcrumException($"{Variable} is for Linux only; unset the variable");
        }

        string? found = Find(LibtorchNames.Torch);
        return found is not null
            ? Path.GetDirectoryName(found)!
            : throw new FulcrumException(
                $"{LibtorchNames.Torch} is not beside the program; reference the package "
                    + $"libtorch-cpu-{LibtorchNames.Platform} 2.10.0 if there is one (linux-x64, win-x64, osx-arm64), "
                    + $"or name a libtorch folder in {Variable} on Linux"
            );
    }

    private static string NamedFolder(string named)
    {
        string folder = File.Exists(Path.Combine(named, LibtorchNames.Torch)) ? named : Path.Combine(named, "lib");
        return File.Exists(Path.Combine(folder, LibtorchNames.Torch))
            ? folder
            : throw new FulcrumException(
                $"{Variable} names {named}, but there is no {LibtorchNames.Torch} in it; "
                    + "name the lib folder of a libtorch or PyTorch 2.10, or unset the variable"
            );
    }

    private static string? Find(string file) =>
        (
            (string[])
                [
                    AppContext.BaseDirectory,
                    Path.Combine(AppContext.BaseDirectory, "runtimes", LibtorchNames.Platform, "native"),
                    .. SearchPaths(),
                ]
        )
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);

    /// <summary>Where the runtime looks for native libraries of packages (a program run from its build folder uses the
    /// package cache).</summary>
    private static string[] SearchPaths() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string)?.Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        ) ?? [];

    private static void Open(string path, Dictionary<string, string> loaded, string? shown = null)
    {
        try
        {
            NativeLibrary.Load(path);
            loaded[shown is null ? Path.GetFileName(path) : LibtorchNames.Wrapper] = shown ?? path;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new FulcrumException(
                $"the native library {path} could not be loaded: {e.Message.ReplaceLineEndings(" ")}; "
                    + $"{LibtorchNames.WhatItMisses(path)}, "
                    + "and FULCRUM_LIBTORCH can name another libtorch",
                e
            );
        }
    }

    [SupportedOSPlatform("linux")]
    private static (string Path, string Shown) Loadable(string wrapper)
    {
        if (SystemIsNewEnough())
        {
            return (wrapper, wrapper);
        }

        byte[] image = BoundedFile.ReadBytes(wrapper, 1L << 28);
        ElfPatch.RelaxStreamInitialiser(image);
        (string path, string shown) = NativeCache.Place(LibtorchNames.Wrapper, image);
        Repaired = true;
        return (path, shown);
    }

    private static bool SystemIsNewEnough()
    {
        IntPtr library = NativeLibrary.TryLoad("libstdc++.so.6", out IntPtr handle) ? handle : IntPtr.Zero;
        return library != IntPtr.Zero && NativeLibrary.TryGetExport(library, ElfPatch.NewSymbol, out _);
    }
}
