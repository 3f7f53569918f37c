using System.Runtime.InteropServices;

namespace Fulcrum.Torch.Interop;

/// <summary>How libtorch's files and packages are called on this platform.</summary>
internal static class LibtorchNames
{
    /// <summary>TorchSharp's native library.</summary>
    public static string Wrapper { get; } = Of("LibTorchSharp");

    /// <summary>The library by which a folder of libtorch is recognised.</summary>
    public static string Torch { get; } = Of("torch");

    /// <summary>The library with the operations on the CPU.</summary>
    public static string Cpu { get; } = Of("torch_cpu");

    /// <summary>What is loaded where it exists, in the order of dependencies.</summary>
    /// <remarks>macOS: libtorch names libomp by the path of a Homebrew installation. The copy that libtorch brings has
    /// that name as its own, so it is found if it is loaded first.</remarks>
    public static IReadOnlyList<string> InOrder { get; } =
    [
        .. OperatingSystem.IsMacOS() ? ["libomp.dylib"] : Array.Empty<string>(),
        Of("c10"),
        Cpu,
        Of("c10_cuda"),
        Of("torch_cuda"),
        Torch,
    ];

    /// <summary>This platform as packages name it: <c>linux-x64</c>.</summary>
    public static string Platform { get; } =
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-"
        + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>How to find out what a library misses, for a message.</summary>
    /// <param name="path">The library.</param>
    public static string WhatItMisses(string path) =>
        OperatingSystem.IsWindows() ? "it may miss the Visual C++ runtime (vcruntime140.dll)"
        : OperatingSystem.IsMacOS() ? $"'otool -L {path}' shows what it needs (libomp: brew install libomp)"
        : $"'ldd {path}' shows what it misses (libgomp1 on a bare system)";

    private static string Of(string stem) =>
        OperatingSystem.IsWindows() ? stem + ".dll"
        : OperatingSystem.IsMacOS() ? $"lib{stem}.dylib"
        : $"lib{stem}.so";
}
