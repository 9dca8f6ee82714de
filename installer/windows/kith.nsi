; The setup of Kith for one user: nothing in it needs an administrator, but for
; the rule of the firewall, and that only if it is asked for.
;
;   setup.exe /S [/D=DIR]        silent; /NOAUTOSTART: don't start at login,
;                                /FIREWALL: the rule too; it ends with 3 if
;                                everything is installed but that
;   uninstall.exe /S             silent; /SETTINGS: the settings go too; it ends with
;                                3 if the rule is still there (with _?=DIR; else
;                                Windows tells nobody how it ends)
;
; An update leaves every choice as it is. dist calls makensis with VERSION,
; NUMBERS, OUT, and with SIGN where there is a certificate.
Unicode true
Target amd64-unicode ; there is no Kith for 32 bits
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS Win10
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetCompressorDictSize 64 ; the second program is nearly the first
CRCCheck force

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"

Name "Kith"
BrandingText "Kith ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Kith"
!define OWN "Software\Kith"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Kith"
!define APP_PATH "Software\Microsoft\Windows\CurrentVersion\App Paths\kith.exe"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
InstallDirRegKey HKCU "${OWN}" "InstallDir"

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey ProductName "Kith"
BrandingText "Kith ${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Kith setup"
VIAddVersionKey CompanyName "The Kith authors"
VIAddVersionKey LegalCopyright "The Kith authors, Apache License 2.0"

!define MUI_ICON "kith.ico"
!define MUI_UNICON "kith.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "side.bmp"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_FINISHPAGE_RUN "$INSTDIR\kithw.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Kith now"
!define MUI_FINISHPAGE_TEXT "Kith is installed. You find it in the Start menu and, while it runs, beside the clock."
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!ifdef SIGN
	!uninstfinalize `${SIGN}` = 0
!endif

Var Update  ; 1 where Kith was installed before
Var Running ; 1 where it was running

; Stop asks the Kith of this user to end, and waits until its file can be
; replaced. One that doesn't end, say because it is another home's, goes on with
; its old file, which is moved aside.
!macro Stop un
Function ${un}Stop
	StrCpy $Running 0
	IfFileExists "$INSTDIR\kith.exe" 0 done
	nsExec::Exec '"$INSTDIR\kith.exe" quit'
	Pop $0
	${If} $0 == 0
		StrCpy $Running 1
	${EndIf}
	StrCpy $1 0
	${Do}
		ClearErrors
		Delete "$INSTDIR\kith.exe"
		Delete "$INSTDIR\kithw.exe"
		IfErrors 0 done
		Sleep 250
		IntOp $1 $1 + 1
	${LoopUntil} $1 >= 60
	GetTempFileName $0 "$INSTDIR"
	Delete $0
	Rename "$INSTDIR\kith.exe" "$0"
	Delete /REBOOTOK "$0"
	GetTempFileName $0 "$INSTDIR"
	Delete $0
	Rename "$INSTDIR\kithw.exe" "$0"
	Delete /REBOOTOK "$0"
done:
FunctionEnd
!macroend
!insertmacro Stop ""
!insertmacro Stop "un."

Section "Kith" KITH
	SectionIn RO
	SetShellVarContext current
	Call Stop
	SetOutPath "$INSTDIR"
	File "kith.exe"
	File "kithw.exe"
	File "LICENSE"
	WriteUninstaller "$INSTDIR\uninstall.exe"
	CreateShortcut "$SMPROGRAMS\Kith.lnk" "$INSTDIR\kithw.exe" "" "$INSTDIR\kithw.exe" 0 SW_SHOWNORMAL "" "Keeps folders the same on the machines around you"

	WriteRegStr HKCU "${OWN}" "InstallDir" "$INSTDIR"
	WriteRegStr HKCU "${APP_PATH}" "" "$INSTDIR\kith.exe"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Kith"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\kith.exe"
	WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Kith authors"
	WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
	${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
	WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

Section "Start at login" LOGIN
	WriteRegStr HKCU "${RUN}" "Kith" '"$INSTDIR\kithw.exe" run --at-login'
SectionEnd

; Without this the other side dials, and that is enough; with it, either can.
Section /o "Firewall: let private networks reach Kith" FIREWALL
	ExecShellWait "runas" "$SYSDIR\cmd.exe" '/c netsh advfirewall firewall delete rule name="Kith" & \
		netsh advfirewall firewall add rule name="Kith" dir=in action=allow profile=private,domain remoteip=localsubnet program="$INSTDIR\kith.exe" & \
		netsh advfirewall firewall add rule name="Kith" dir=in action=allow profile=private,domain remoteip=localsubnet program="$INSTDIR\kithw.exe"' SW_HIDE
	; Whether it was allowed to, only the firewall knows.
	nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall show rule name="Kith"'
	Pop $0
	${If} $0 == 0
		WriteRegDWORD HKCU "${OWN}" "FirewallRule" 1
	${Else}
		SetErrorLevel 3
		DetailPrint "No rule was added to the firewall."
		MessageBox MB_OK|MB_ICONINFORMATION "Kith is installed, but no rule was added to the firewall, because no administrator allowed it.$\n$\n\
			This device can still reach the others. If one of them does not find it, start this setup again and choose the rule." /SD IDOK
	${EndIf}
SectionEnd

Section -again
	${If} $Running == 1
		Exec '"$INSTDIR\kithw.exe" run --at-login'
	${EndIf}
SectionEnd

Function .onInit
	SetShellVarContext current
	; On an update the old choices hold; they are changed in Kith itself.
	ReadRegStr $0 HKCU "${UNINSTALL}" "UninstallString"
	${If} $0 != ""
		StrCpy $Update 1
		SectionSetText ${LOGIN} ""
		!insertmacro UnselectSection ${LOGIN}
	${EndIf}
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/NOAUTOSTART" $1
	${IfNot} ${Errors}
		!insertmacro UnselectSection ${LOGIN}
	${EndIf}
	ClearErrors
	${GetOptions} $0 "/FIREWALL" $1
	${IfNot} ${Errors}
		!insertmacro SelectSection ${FIREWALL}
	${EndIf}
FunctionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
	!insertmacro MUI_DESCRIPTION_TEXT ${KITH} "Kith with its tray, and kith.exe for the command line."
	!insertmacro MUI_DESCRIPTION_TEXT ${LOGIN} "Kith starts quietly when you log in. It can be switched off later, in Kith or in the Task Manager."
	!insertmacro MUI_DESCRIPTION_TEXT ${FIREWALL} "A rule for private networks and the same subnet. Windows asks for an administrator."
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Section "un.Kith" UN_KITH
	SectionIn RO
	SetShellVarContext current
	Call un.Stop
	Delete "$SMPROGRAMS\Kith.lnk"
	Delete "$INSTDIR\LICENSE"
	Delete "$INSTDIR\uninstall.exe"
	RMDir "$INSTDIR"
	ReadRegDWORD $0 HKCU "${OWN}" "FirewallRule"
	${If} $0 == 1
		ExecShellWait "runas" "$SYSDIR\cmd.exe" '/c netsh advfirewall firewall delete rule name="Kith"' SW_HIDE
		nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall show rule name="Kith"'
		Pop $0
		${If} $0 == 0
			SetErrorLevel 3
			DetailPrint "The rule of the firewall is still there."
			MessageBox MB_OK|MB_ICONINFORMATION "Kith is removed, but its rule in the firewall is still there, because no administrator allowed it to be taken away. \
				It lets nobody in: the program it is for is gone.$\n$\n\
				To remove it, run this as administrator:$\nnetsh advfirewall firewall delete rule name=Kith" /SD IDOK
		${EndIf}
	${EndIf}
	DeleteRegKey HKCU "${UNINSTALL}"
	DeleteRegKey HKCU "${APP_PATH}"
	DeleteRegKey HKCU "${OWN}"
	DeleteRegValue HKCU "${RUN}" "Kith"
	DeleteRegValue HKCU "${APPROVED}" "Kith"
SectionEnd

Section /o "un.Also delete my settings" UN_SETTINGS
	SetShellVarContext current
	RMDir /r "$APPDATA\kith"
	RMDir /r "$LOCALAPPDATA\kith"
SectionEnd

Function un.onInit
	SetShellVarContext current
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/SETTINGS" $1
	${IfNot} ${Errors}
		!insertmacro SelectSection ${UN_SETTINGS}
	${EndIf}
FunctionEnd

!insertmacro MUI_UNFUNCTION_DESCRIPTION_BEGIN
	!insertmacro MUI_DESCRIPTION_TEXT ${UN_KITH} "The program. Your folders stay as they are, with their earlier versions."
	!insertmacro MUI_DESCRIPTION_TEXT ${UN_SETTINGS} "Settings, key and index: devices that are paired with this one will not know it any more."
!insertmacro MUI_UNFUNCTION_DESCRIPTION_END
