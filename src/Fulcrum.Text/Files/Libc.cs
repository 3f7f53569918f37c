using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fulcrum.Files;

/// <summary>C functions for files and processes that .NET does not offer. Constants are those of Linux's
/// headers.</summary>
internal static class Libc
{
    /// <summary>Relative paths start at the current folder.</summary>
    public const int CurrentFolder = -100;

    /// <summary><c>open</c>: for reading, without waiting for a writer of a pipe, never as the controlling
    /// terminal.</summary>
    public const int ReadOnly = 0,
        NoTerminal = 0x100,
        NoWaiting = 0x800,
        CloseOnExec = 0x80000;

    /// <summary><c>statx</c>: about the link itself; about an open descriptor.</summary>
    public const int AboutLink = 0x100,
        AboutDescriptor = 0x1000;

    /// <summary><c>statx</c>: the fields of <c>stat</c>.</summary>
    public const uint BasicFields = 0x7ff;

    /// <summary>Bits of a mode that hold the kind, and the kinds.</summary>
    public const int KindBits = 0xf000,
        File = 0x8000,
        Folder = 0x4000,
        Link = 0xa000;

    /// <summary>Returns a descriptor, or -1.</summary>
    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    /// <summary>Returns 0, or -1.</summary>
    [SupportedOSPlatform("linux")]
    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static extern int Stat(
        int folder,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string path,
        int flags,
        uint fields,
        out Status status
    );

    /// <summary>Writes a descriptor's content to the disk.</summary>
    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "fsync")]
    public static extern int Flush(int handle);

    /// <summary><c>posix_fadvise</c>: the range is not needed soon. Linux starts writing its changed pages and drops
    /// the others from memory.</summary>
    public const int NotNeeded = 4;

    /// <summary>Tells how a range of a file will be used; a length of 0 reaches to the end. Returns 0 or an error
    /// number.</summary>
    [SupportedOSPlatform("linux")]
    [DllImport("libc", EntryPoint = "posix_fadvise")]
    public static extern int Advise(SafeFileHandle handle, long offset, long length, int advice);

    /// <summary>Closes a descriptor.</summary>
    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "close")]
    public static extern int Close(int handle);

    /// <summary>Asks a process to end (SIGTERM). Returns 0, or -1 if it does not exist or belongs to another
    /// user.</summary>
    [UnsupportedOSPlatform("windows")]
    public static int Terminate(int process)
    {
        const int Sigterm = 15;
        return Signal(process, Sigterm);
    }

    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    /// <summary>The user whose rights count for this process.</summary>
    [UnsupportedOSPlatform("windows")]
    [DllImport("libc", EntryPoint = "geteuid")]
    public static extern uint EffectiveUser();

    /// <summary>The reply of <c>statx</c>; its layout is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Status
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Node;

        [FieldOffset(40)]
        public long Bytes;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long WrittenSeconds;

        [FieldOffset(120)]
        public uint WrittenNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
